is running
