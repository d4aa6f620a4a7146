\Arp: .*\-\-publish
\A[^\n]*\n\Z
