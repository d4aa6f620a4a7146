\AError: flag needs an argument: --name\n
