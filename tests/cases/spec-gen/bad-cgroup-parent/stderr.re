\.request\.cgroupParent: "/a/\.\./\.\./b" is no cgroup
