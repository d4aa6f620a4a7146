\A3 1\.5 true\n\Z
