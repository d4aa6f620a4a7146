index out of range
