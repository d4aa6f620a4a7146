\Arp: .*unknown flag: --bogus
\A[^\n]*\n\Z
