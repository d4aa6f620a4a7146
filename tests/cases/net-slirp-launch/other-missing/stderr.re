no such container: nope
