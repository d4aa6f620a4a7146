\Ausage: ctr-remove
^ +-h, --help 
