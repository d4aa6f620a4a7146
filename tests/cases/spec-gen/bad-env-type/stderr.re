\.image\.config\.Env\[0\]: expected string, got 
