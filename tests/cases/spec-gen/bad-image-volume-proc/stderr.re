\.image\.config\.Volumes: 
