volume source @TMP@/nope: No such file or directory .*mkdir
