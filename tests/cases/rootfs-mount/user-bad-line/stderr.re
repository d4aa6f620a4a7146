unable to find user low
