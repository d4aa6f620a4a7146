^img-inspect: x\.example/a: image not known$
