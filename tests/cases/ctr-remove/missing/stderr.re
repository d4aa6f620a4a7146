\Actr-remove: no such container: nope
?\Z
