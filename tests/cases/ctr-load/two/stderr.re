exactly one container
