\Ausage: ctr-cleanup
^ +-h, --help 
