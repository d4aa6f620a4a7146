\.request\.mounts\[0\]: the destination \"d\"
