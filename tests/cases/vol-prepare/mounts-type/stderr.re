\.request\.mounts: expected array, got object
