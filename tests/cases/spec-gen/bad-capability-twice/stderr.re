both added and dropped
