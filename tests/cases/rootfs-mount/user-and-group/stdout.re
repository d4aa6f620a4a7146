"uid":1000,"gid":50,"additionalGids":\[51,77\]
