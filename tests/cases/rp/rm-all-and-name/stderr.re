\Arp: .*exclude each other
\A[^\n]*\n\Z
