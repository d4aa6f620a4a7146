is not running
