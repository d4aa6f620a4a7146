"source":"@TMP@/data/rp/volumes/vol/_data"
