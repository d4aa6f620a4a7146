\Arp: .*--cidfile: /etc/passwd exists already
\A[^\n]*\n\Z
