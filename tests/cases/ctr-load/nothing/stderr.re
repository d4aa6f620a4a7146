\Actr-load: .*container is needed
