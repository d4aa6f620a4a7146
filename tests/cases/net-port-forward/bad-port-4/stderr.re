is not \[IP:\]PORT
