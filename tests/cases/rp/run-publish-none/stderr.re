\AError: .*--publish does nothing with --network none
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
