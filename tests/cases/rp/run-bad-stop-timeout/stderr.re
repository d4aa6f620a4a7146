\Arp: .*\-\-stop\-timeout
\A[^\n]*\n\Z
