\A1 2 y\n2 2 y\n\Z
