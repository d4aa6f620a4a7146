\Ayy\n\Z
