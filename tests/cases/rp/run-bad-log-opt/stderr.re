\Arp: .*\-\-log\-opt
\A[^\n]*\n\Z
