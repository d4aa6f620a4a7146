\Actr-remove: unknown flag: --bogus .*--help
