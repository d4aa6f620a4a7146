\Actr-cleanup: standard input: not valid JSON
