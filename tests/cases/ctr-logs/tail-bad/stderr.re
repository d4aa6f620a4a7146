^ctr-logs: --tail: "few" is not a number
