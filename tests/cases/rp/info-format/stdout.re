\A@TMP@/data/rp ctr\-runtime\n\Z
