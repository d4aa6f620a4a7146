invalid argument "sleeping" for "(-., )?--condition" flag: not one of
