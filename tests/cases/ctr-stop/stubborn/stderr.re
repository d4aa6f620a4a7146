did not end within 1 seconds, killing it
