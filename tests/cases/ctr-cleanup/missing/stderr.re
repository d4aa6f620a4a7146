\Actr-cleanup: no such container: nope\n?\Z
