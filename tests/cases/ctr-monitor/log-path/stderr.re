\.request\.log\.path: not an absolute path
