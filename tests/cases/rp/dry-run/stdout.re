^img-fetch|img-fetch --policy missing
"image": "image"
ns-enter-pause --private -- sh -c 'img-find <request.json \|$
ctr-attach --stdin-fd 3' 3<&0$
"source": "/tmp"
