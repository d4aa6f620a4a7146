touch is not a program of rp
