\Actr-logs: .*container is needed
