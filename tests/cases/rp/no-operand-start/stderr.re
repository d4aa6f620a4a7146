\Arp: .*a container is needed
\A[^\n]*\n\Z
