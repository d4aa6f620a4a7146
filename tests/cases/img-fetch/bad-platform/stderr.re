^img-fetch: platform linux is not OS/ARCH
