^images\tlist images$
^image\t
