\Arp: .*bash
\A[^\n]*\n\Z
