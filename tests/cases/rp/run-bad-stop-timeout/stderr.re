\AError: .*\-\-stop\-timeout
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
