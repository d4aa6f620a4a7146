^img-remove: an image must be named
