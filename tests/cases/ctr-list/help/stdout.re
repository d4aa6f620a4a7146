\Ausage: ctr-list
^ +-h, --help 
