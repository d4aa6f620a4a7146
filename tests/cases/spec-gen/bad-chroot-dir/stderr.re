\.request\.chrootDirs: "/proc/x" is no directory
