\Arp: .*\-\-entrypoint
\A[^\n]*\n\Z
