\Arp: .*unknown shorthand flag: -Z
\A[^\n]*\n\Z
