\Arp: .*\-\-sig\-proxy
\A[^\n]*\n\Z
