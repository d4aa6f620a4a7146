a width that is too large
