\.network\.namespace: is missing
