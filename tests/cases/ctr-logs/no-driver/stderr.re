has no log: its log driver is "none"
