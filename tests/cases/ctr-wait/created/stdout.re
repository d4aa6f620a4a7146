\A0\n\Z
