\Arp: .*\-\-env\-file
\A[^\n]*\n\Z
