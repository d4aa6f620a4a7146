container 111111111111 is not running
