\Arp: .*exactly one container
\A[^\n]*\n\Z
