\Actr-logs: no such container: nope\n?\Z
