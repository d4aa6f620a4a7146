\AError: .*--cidfile: /etc/passwd exists already
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
