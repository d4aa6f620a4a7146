\A3\n\Z
