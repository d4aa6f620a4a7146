^img-fetch: short name zz-no-such-name: no alias
