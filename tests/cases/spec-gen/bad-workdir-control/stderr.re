\.image\.config\.WorkingDir: 
