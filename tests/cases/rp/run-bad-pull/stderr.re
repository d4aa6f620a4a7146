\-\-pull
