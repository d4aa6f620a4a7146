\Actr-stop: no such container: nope
?\Z
