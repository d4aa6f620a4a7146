\AError: .*\-\-cpuset\-cpus
\A[^\n]*\n(See 'rp[^\n]* --help'\n)?\Z
