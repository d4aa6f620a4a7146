\.request\.ports\[0\]: the range goes beyond port 65535
