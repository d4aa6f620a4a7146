"destination":"/data"
"anonymous":true
