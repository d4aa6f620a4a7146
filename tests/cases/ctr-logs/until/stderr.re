\Awarned\n\Z
