\Arp: .*\-\-tmpfs
\A[^\n]*\n\Z
