\Ajson-format: unknown flag: --bogus .*--help
