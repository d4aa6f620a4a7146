\Afirst\nhalf and half\nlast\n\Z
