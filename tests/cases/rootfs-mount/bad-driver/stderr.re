invalid argument "zfs" for "(-., )?--driver" flag: not one of
