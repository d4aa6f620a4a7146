\Aone\nabc\n\Z
