\Actr-create: unknown flag: --bogus .*--help
