\Arp: .*\-\-ulimit
\A[^\n]*\n\Z
