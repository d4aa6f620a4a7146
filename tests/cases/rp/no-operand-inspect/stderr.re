^Error: no names or ids specified
