"driver":"vfs"
"path":"@TMP@/data/rp/containers/1111111111111111111111111111111111111111111111111111111111111111/rootfs"
"user":\{"uid":1000,"gid":1001,"additionalGids":\[50,51\],"home":"/home/user"\}
