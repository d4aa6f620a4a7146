^img-find: .*schema
