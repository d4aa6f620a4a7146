unable to find user nobody
