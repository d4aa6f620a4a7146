@TMP@/cid
