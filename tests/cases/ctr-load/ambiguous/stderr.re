more than one container id begins with 1
