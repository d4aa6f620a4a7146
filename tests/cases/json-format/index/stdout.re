\Ab\n\Z
