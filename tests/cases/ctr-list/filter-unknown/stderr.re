color is an invalid filter
