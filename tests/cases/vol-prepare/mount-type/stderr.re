\.request\.mounts\[0\]\.source: expected string, got number
