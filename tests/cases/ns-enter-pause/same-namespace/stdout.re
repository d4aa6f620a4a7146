\Auser:\[\d+\]\n\Z
