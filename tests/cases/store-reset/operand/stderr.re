no operands
