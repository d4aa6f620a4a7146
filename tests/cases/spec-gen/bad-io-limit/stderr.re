\.request\.resources\.deviceReadBps\[0\]\.minor: is missing
