\Arp: .*--type
\A[^\n]*\n\Z
