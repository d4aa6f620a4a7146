\Ausage: net-slirp-launch
^ +-h, --help 
