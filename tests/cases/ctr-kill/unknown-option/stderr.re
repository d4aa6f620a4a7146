\Actr-kill: unknown flag: --bogus .*--help
