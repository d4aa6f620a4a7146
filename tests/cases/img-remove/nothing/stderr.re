^img-remove: image name or ID must be specified
