\AError: .*\-\-env\-file
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
