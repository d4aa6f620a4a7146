\.volumes\[0\]\.options\[0\]: 
