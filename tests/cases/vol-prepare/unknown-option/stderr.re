\Avol-prepare: unknown flag: --bogus .*--help
