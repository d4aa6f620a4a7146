^Error: invalid argument "color" for "--sort" flag
