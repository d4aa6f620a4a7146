\Anet-udp-forward: unknown flag: --bogus .*--help
