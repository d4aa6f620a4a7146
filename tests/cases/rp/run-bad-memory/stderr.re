\Arp: .*\-\-memory
\A[^\n]*\n\Z
