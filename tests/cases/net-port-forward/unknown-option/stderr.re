\Anet-port-forward: unknown flag: --bogus .*--help
