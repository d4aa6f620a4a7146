/t: "tmpfs" and "tmpfs" cannot both be mounted there
