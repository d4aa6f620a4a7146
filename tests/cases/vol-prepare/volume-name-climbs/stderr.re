is not a valid volume name
