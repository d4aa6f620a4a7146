\Ausage: ctr-stop
^ +-h, --help 
