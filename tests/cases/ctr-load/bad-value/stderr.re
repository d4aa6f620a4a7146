invalid argument "maybe" for "(-., )?--detach" flag: not one of
