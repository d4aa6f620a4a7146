\Aone 3\nx\n\Z
