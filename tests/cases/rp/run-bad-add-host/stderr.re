\Arp: .*\-\-add\-host
\A[^\n]*\n\Z
