\Arp: .*--time
\A[^\n]*\n\Z
