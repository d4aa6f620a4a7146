\Actr-cleanup: unknown flag: --bogus .*--help
