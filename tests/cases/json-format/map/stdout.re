\Amap\[x:1 y:2\]\n\Z
