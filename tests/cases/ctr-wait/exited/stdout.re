\A7\n\Z
