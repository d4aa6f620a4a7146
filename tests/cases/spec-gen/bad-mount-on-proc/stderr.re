\.volumes\[0\]\.destination: nothing can be mounted on /proc/sys
