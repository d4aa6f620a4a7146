\Arp: .*\-\-pids\-limit
\A[^\n]*\n\Z
