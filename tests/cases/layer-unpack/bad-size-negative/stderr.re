\.image\.layers\[0\]\.size: -1 is not in the range
