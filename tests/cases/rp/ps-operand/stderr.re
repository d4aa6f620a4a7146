^Error: "rp ps" takes no arguments
