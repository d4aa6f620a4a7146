cannot find the bundle
