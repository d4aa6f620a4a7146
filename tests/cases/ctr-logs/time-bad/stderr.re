"yesterday" is not a time
