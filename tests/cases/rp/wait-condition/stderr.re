\Arp: .*--condition
\A[^\n]*\n\Z
