\Actr-kill: no such container: nope\n?\Z
