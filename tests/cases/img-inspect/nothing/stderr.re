^img-inspect: an image must be named
