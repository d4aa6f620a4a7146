group id 2147483648 is out of range
