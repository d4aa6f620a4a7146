\Aabc\n\Z
