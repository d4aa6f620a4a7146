\Aab\n\Z
