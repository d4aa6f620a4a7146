\Actr-inspect: no such container: nope
?\Z
