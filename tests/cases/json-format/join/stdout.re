\Aa\-b\n\Z
