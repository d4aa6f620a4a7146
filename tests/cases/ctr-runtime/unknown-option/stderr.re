unknown flag
