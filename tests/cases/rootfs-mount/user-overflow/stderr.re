user id 4294967296 is out of range
