\Atrue true true false\n\Z
