\Actr-wait: .*container is needed
