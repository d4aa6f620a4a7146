\Aone1 2\n\Z
