expected true or false
