\Arp: .*--publish does nothing with --network none
\A[^\n]*\n\Z
