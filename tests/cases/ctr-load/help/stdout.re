\Ausage: ctr-load
^ +-h, --help 
