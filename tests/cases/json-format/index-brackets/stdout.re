\Aa\n\Z
