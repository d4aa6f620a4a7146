"../x" is not a valid container name
