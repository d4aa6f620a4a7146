\Arp: .*folder of --trace
\A[^\n]*\n\Z
