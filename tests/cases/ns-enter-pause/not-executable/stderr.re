cannot run @TMP@/file: Permission denied
