\Ausage: vol-prepare
^ +-h, --help 
