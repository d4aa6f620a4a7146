\AError: .*unknown flag: --bogus
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
