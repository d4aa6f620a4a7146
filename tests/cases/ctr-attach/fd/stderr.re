invalid argument "three" for "(-., )?--stdin-fd" flag: not a number
