container 111111111111 is running .*--force
