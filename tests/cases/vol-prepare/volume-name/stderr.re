"a b" is not a valid volume name
