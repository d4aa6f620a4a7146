\.request\.ulimits\[0\]: the soft limit is above the hard one
