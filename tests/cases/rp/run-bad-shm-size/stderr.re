\Arp: .*\-\-shm\-size
\A[^\n]*\n\Z
