\.request\.workdir: 
