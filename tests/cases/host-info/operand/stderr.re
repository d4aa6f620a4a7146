takes no arguments
