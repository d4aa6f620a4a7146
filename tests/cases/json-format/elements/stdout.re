\A1\n2\n\Z
