\Actr-stop: unknown flag: --bogus .*--help
