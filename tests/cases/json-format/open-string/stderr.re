an action without
