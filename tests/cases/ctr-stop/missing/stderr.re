\Actr-stop: no container with name or ID "nope" found: no such container\n?\Z
