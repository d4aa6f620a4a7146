\Acgroup-scope: standard input: not valid JSON
