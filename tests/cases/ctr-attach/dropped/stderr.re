7 bytes of output were dropped
