"uid":1000,"gid":1001,"additionalGids":\[50,51\]
