\Aselinux-label: unknown flag: --bogus .*--help
