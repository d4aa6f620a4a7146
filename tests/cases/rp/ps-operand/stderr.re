\Arp: .*ps takes no arguments: x
\A[^\n]*\n\Z
