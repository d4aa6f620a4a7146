^Error: image name or ID must be specified
