seccompProfile\.syscalls\[0\]: names no system call
