\Aa\	b\nc\n\Z
