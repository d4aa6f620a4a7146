\Arp: .*\-\-device
\A[^\n]*\n\Z
