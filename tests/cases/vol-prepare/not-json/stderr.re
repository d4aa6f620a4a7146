\Avol-prepare: standard input: not valid JSON
