\A@TMP@\n\Z
