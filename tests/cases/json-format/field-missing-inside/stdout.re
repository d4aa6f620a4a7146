\A<no value>\n\Z
