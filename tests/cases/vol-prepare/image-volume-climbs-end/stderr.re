bad VOLUME path
