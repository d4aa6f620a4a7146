\.request\.mounts\[0\]: type \"nfs\"
