too deep
