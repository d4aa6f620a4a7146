\AError: .*\-\-publish
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
