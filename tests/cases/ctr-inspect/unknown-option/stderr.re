\Actr-inspect: unknown flag: --bogus .*--help
