\.relabel: expected array, got object
