"name":"[0-9a-f]{64}"
"anonymous":true
