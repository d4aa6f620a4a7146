\.request\.initPath: is missing
