\Arp: .*\-\-sysctl
\A[^\n]*\n\Z
