not a valid host name
