"files" is no limit
