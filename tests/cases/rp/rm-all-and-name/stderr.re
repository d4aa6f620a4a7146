^Error: no arguments are needed with --all
