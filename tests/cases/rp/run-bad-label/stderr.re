\Arp: .*\-\-security\-opt
\A[^\n]*\n\Z
