a value that is no function got arguments
