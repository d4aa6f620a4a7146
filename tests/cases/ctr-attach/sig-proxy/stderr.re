invalid argument "maybe" for "(-., )?--sig-proxy" flag: not one of
