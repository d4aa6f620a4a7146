\Arp: .*\-\-cpus
\A[^\n]*\n\Z
