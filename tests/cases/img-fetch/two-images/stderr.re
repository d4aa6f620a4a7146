^img-fetch: more than one image
