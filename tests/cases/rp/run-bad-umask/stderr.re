\Arp: .*\-\-umask
\A[^\n]*\n\Z
