\Ausage: ctr-inspect
^ +-h, --help 
