^img-fetch: image x\.example/a is not in the store$
