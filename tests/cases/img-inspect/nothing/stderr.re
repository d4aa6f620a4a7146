^img-inspect: no names or ids specified
