"State":"running"
"Status":"Up 
