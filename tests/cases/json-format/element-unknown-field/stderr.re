can't evaluate field Nope
