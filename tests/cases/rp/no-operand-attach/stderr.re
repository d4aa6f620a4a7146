^Error: you must provide at least one name or id
