\Arp: .*unknown command "frobnicate"
\A[^\n]*\n\Z
