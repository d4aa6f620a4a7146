a key appears twice
