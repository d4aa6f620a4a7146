^img-find: image x\.example/a is not in the store \(img-fetch x\.example/a\)$
