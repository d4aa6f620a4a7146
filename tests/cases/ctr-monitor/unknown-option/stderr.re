\Actr-monitor: unknown flag: --bogus .*--help
