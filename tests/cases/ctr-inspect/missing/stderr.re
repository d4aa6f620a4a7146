\Actr-inspect: no such container: nope\n?\Z
