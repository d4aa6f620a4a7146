\Anone\n\Z
