invalid argument "fifo" for "(-., )?--whiteouts" flag: not one of
