\Aone last\n\Z
