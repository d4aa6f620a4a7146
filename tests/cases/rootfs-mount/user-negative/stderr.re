unable to find user -1
