\.image\.layers\[0\]\.size: expected 
