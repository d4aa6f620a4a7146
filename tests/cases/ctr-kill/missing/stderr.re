\Actr-kill: no such container: nope
?\Z
