cannot attach to @TMP@/nope: No such file or directory
