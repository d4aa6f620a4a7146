\A--sort\t[^\n]*\n\Z
