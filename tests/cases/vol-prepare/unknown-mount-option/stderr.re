unknown volume option "fast"
