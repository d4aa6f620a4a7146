\AError: .*--replace needs --name
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
