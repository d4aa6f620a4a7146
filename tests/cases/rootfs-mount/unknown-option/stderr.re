\Arootfs-mount: unknown flag: --bogus .*--help
