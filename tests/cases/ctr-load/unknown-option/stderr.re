\Actr-load: unknown flag: --bogus .*--help
