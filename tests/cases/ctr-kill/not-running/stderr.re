container one is not running
