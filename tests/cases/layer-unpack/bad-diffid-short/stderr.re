\.image\.layers\[0\]\.diffId: 
