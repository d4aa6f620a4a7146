\Ausage: ctr-attach
^ +-h, --help 
