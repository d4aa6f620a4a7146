^<no value> <no value>$
