\Actr-create: standard input: not valid JSON
