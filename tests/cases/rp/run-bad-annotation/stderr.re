\Arp: .*\-\-annotation
\A[^\n]*\n\Z
