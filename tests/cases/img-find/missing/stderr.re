^img-find: x\.example/a: image not known \(img-fetch x\.example/a\)$
