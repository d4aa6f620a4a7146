\Arp: .*\-\-platform
\A[^\n]*\n\Z
