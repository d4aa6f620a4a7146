\Aone %!s\(MISSING\)\n\Z
