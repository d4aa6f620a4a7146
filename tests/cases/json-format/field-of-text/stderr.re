can't evaluate field X
