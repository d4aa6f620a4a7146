cannot run no-such-program: No such file
