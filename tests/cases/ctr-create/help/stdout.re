\Ausage: ctr-create
^ +-h, --help 
