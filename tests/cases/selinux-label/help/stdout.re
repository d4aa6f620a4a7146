\Ausage: selinux-label
^ +-h, --help 
