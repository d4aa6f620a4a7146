\.image\.layers: expected array, got object
