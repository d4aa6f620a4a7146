\AError: .*\-\-log\-opt
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
