\Acgroup-scope: unknown flag: --bogus .*--help
