\.image\.config\.WorkingDir: "/proc/self/fd/8" leads
