\Actr-inspect: .*container is needed
