\Aon\n\Z
