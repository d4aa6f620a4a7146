OCI runtime @TMP@/nope: No such file
