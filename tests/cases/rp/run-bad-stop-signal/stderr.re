\Arp: .*\-\-stop\-signal
\A[^\n]*\n\Z
