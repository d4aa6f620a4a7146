\Atrue true false true true\n\Z
