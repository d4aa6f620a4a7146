is no container id
