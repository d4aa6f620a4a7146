\Ax\n\Z
