cannot attach to @TMP@/file
