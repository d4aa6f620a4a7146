function "nope" is not defined
