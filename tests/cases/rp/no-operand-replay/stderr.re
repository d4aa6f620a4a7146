\AError: .*folder of --trace
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
