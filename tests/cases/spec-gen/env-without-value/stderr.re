dropped Env\[0\] of the image: "SECRET" has no "="
