the launcher is gone
