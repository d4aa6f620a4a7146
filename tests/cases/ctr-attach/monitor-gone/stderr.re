\Aerr\nctr-attach: the container.s monitor ended unexpectedly\n\Z
