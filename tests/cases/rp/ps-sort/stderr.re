\Arp: .*--sort: "color"
\A[^\n]*\n\Z
