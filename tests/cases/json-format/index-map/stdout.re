\A2\n\Z
