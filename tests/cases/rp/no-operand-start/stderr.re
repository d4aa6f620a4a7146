^Error: start requires at least one argument
