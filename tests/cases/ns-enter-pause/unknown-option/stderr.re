\Ans-enter-pause: unknown flag: --bogus .*--help
