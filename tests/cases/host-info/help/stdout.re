\Ausage: host-info
^ +-h, --help 
