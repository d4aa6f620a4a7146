\Ahalf and half\nlast\n\Z
