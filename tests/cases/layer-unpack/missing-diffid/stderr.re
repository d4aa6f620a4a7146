\.image\.layers\[0\]\.diffId: is missing
