\Actr-attach: unknown flag: --bogus .*--help
