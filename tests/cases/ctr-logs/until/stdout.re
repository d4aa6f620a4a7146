\Afirst\n\Z
