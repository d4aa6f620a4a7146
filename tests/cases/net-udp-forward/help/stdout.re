\Ausage: net-udp-forward
^ +-h, --help 
