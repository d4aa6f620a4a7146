a container is needed
