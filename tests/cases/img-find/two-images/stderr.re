^img-find: more than one image
