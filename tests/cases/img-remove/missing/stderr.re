^img-remove: x\.example/a: image not known$
