^img-list: no operands
