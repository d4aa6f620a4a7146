cannot open the log of one
