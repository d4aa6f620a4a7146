\Asy\n\Z
