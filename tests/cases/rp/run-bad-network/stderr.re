\Arp: .*\-\-network
\A[^\n]*\n\Z
