ctr-remove -f x
