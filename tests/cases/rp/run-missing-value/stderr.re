\Arp: .*--name needs a value
\A[^\n]*\n\Z
