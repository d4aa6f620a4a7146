no command: neither
