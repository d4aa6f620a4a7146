\.request\.umask
