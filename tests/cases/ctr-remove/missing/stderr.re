\Actr-remove: no such container: nope\n?\Z
