\.request\.log\.driver: \"journald\"
