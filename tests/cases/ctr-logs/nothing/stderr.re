ctr-logs: specify at least one container
