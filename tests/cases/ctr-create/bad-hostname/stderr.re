"a b" is not a valid host name
