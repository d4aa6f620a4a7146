port 1/tcp: Permission denied .*ip_unprivileged_port_start
