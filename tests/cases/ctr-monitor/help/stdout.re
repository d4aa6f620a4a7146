\Ausage: ctr-monitor
^ +-h, --help 
