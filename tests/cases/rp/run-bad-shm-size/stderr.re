\AError: .*\-\-shm\-size
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
