\Actr-cleanup: no such container: nope
?\Z
