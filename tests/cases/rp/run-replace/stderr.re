\Arp: .*--replace needs --name
\A[^\n]*\n\Z
