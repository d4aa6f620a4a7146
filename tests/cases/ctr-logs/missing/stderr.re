\Actr-logs: no such container: nope
?\Z
