^ctr-inspect: no names or ids specified
