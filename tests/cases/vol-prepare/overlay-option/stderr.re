option O is not supported
