\Aout\n\Z
