"kernel\.core_pattern" belongs to no namespace
