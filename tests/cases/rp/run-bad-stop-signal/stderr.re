\AError: .*\-\-stop\-signal
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
