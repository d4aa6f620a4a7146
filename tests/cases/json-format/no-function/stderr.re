no function
