\Actr-load: no such container: nope
?\Z
