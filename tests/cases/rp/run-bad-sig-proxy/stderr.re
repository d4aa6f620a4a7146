\-\-sig\-proxy
