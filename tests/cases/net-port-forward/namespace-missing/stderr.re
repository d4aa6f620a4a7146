cannot enter the network namespace /nonexistent
