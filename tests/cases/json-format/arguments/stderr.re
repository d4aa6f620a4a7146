wrong number of arguments for join
