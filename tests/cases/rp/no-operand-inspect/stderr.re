\Arp: .*container or image is needed
\A[^\n]*\n\Z
