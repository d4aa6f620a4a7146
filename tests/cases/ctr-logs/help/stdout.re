\Ausage: ctr-logs
^ +-h, --help 
