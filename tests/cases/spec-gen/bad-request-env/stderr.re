\.request\.env\[0\]: "FOO" has no "="
