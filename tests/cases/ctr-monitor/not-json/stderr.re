\Actr-monitor: standard input: not valid JSON
