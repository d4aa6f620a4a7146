ctr-attach: no such command
