\Alast\n\Z
