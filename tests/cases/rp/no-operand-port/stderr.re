^Error: you must supply a running container name or id
