\AError: .*\-\-add\-host
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
