\Arp: .*\-\-volume
\A[^\n]*\n\Z
