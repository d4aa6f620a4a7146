\A\Z
