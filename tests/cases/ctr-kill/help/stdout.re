\Ausage: ctr-kill
^ +-h, --help 
