\Ausage: ctr-wait
^ +-h, --help 
