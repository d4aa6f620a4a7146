\Ausage: store-reset
^ +-h, --help 
