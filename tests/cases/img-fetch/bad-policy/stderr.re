^img-fetch: .*policy
