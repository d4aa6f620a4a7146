"name":"one"
"schema":"rp.container/1"
"runDirectory":"@TMP@/run/rp/containers/1{64}"
