nothing can be mounted on /
