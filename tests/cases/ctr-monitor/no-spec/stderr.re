\.spec: 
