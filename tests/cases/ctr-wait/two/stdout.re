\A7\n7\n\Z
