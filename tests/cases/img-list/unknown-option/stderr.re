\Aimg-list: unknown flag: --bogus .*--help
