\.request\.ports\[0\]\.containerPort
