\.request\.cgroupConf: "\.\./x" is no file of a cgroup
