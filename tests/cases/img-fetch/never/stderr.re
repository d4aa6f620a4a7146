^img-fetch: x\.example/a: image not known$
