\Atrue 1 \-2 1\.5 s\n\Z
