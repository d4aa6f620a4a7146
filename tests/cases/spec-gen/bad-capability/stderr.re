\.request\.capAdd\[0\]: "CAP_FLY" is no capability
