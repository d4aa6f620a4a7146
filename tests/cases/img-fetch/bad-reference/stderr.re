^img-fetch: Upper: Upper is not a valid image name
