\.mounts\[0\]\.destination
