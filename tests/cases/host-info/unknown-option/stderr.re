\Ahost-info: unknown flag: --bogus .*--help
