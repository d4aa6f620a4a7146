"rootless":true
"uidmap":\[\{"container_id":0,"host_id":[1-9]
