\Ausage: cgroup-scope
^ +-h, --help 
