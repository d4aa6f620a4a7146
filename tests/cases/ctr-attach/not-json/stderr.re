\Actr-attach: standard input: not valid JSON
