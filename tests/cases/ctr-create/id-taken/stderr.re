exists already
