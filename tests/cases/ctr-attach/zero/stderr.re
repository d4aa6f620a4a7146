\Aerr\n\Z
