image nope is not in the store
