\AError: .*\-\-pids\-limit
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
