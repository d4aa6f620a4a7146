kernel\.core_pattern is not in a namespace
