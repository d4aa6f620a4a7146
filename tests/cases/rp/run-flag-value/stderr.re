\Arp: .*--rm: "maybe" is not true or false
\A[^\n]*\n\Z
