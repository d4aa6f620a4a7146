belongs to a network namespace that is not its own
