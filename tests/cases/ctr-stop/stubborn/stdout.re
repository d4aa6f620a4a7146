\Aone\n\Z
