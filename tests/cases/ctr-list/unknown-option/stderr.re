\Actr-list: unknown flag: --bogus .*--help
