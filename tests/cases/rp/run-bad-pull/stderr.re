\Arp: .*\-\-pull
\A[^\n]*\n\Z
