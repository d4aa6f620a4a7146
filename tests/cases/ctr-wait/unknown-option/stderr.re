\Actr-wait: unknown flag: --bogus .*--help
