\A\[a b\]\n\Z
