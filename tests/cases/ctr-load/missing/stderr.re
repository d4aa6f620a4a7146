\Actr-load: no such container: nope\n?\Z
