\.request\.network\.mode: expected string, got number
