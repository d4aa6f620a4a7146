the name "one" is in use by container 111111111111 .*--replace
