no container id
