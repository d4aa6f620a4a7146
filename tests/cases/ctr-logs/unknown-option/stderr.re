\Actr-logs: unknown flag: --bogus .*--help
