\.image\.layers\[0\]\.digest: "sha256:\.\./\.\./x" is no sha256 digest
