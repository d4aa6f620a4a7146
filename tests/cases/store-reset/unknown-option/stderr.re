\Astore-reset: unknown flag: --bogus .*--help
