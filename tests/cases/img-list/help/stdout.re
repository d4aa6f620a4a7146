\Ausage: img-list
^ +-h, --help 
