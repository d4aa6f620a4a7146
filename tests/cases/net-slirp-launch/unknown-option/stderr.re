\Anet-slirp-launch: unknown flag: --bogus .*--help
