\Ausage: net-port-forward
^ +-h, --help 
