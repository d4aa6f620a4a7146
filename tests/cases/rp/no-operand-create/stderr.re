\Arp: .*an image is needed
\A[^\n]*\n\Z
