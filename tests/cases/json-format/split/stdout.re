\Ac\n\Z
