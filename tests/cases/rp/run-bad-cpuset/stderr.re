\Arp: .*\-\-cpuset\-cpus
\A[^\n]*\n\Z
