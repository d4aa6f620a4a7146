\.request\.name: expected string, got number
