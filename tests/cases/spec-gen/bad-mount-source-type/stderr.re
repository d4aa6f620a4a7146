\.volumes\[0\]\.source: expected string, got 
