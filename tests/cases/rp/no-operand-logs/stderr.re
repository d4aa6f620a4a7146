^Error: specify at least one container
