\Alast\nnew\n\Z
