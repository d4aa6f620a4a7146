\Actr-stop: no such container: nope\n?\Z
