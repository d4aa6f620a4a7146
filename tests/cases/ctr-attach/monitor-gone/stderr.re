monitor ended unexpectedly
