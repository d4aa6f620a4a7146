\Arp: .*\-\-mount
\A[^\n]*\n\Z
