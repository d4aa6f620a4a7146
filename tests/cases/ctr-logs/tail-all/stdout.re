\Afirst\n
