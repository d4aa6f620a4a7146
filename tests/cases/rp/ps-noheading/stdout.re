\A111111111111  localhost/x:latest  sleep 100 
