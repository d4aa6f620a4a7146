\.image\.layers\[0\]\.digest: 
