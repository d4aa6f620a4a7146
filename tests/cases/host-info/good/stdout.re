"host":\{"arch":"
"rootless":true
"uidmap":\[\{"container_id":0,"host_id":\d+,"size":1\}
"graphRoot":"@TMP@/data/rp"
"runRoot":"@TMP@/run/rp"
"containerStore":\{"number":0,"running":0,"paused":0,"stopped":0\}
"imageStore":\{"number":0\}
"version":\{"APIVersion":"
