"SizeRw":5,"SizeRootFs":5
