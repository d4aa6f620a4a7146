\.request\.security\.mask\[0\]
