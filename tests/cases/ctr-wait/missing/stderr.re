\Actr-wait: no such container: nope
?\Z
