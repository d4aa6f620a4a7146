\A--sort=image\n\Z
