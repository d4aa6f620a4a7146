\Aa\\n\n\Z
