\Ausage: rootfs-mount
^ +-h, --help 
