\Ausage: ns-enter-pause
^ +-h, --help 
