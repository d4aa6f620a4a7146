is no name of a sysctl
