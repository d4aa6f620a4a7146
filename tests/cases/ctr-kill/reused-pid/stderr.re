can only kill running containers
