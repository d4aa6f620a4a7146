\Arp: .*\-\-env
\A[^\n]*\n\Z
