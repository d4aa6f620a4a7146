^img-fetch: \.request\.image: expected string, got number$
