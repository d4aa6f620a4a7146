\Actr-wait: no such container: nope\n?\Z
