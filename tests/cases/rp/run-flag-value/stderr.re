\AError: invalid argument "maybe" for "--rm" flag: not true or false\n
