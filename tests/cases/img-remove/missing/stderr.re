^img-remove: image x\.example/a is not in the store$
