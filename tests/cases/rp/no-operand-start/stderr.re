\AError: .*a container is needed
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
