unable to find user evil
