"containerStore":\{"number":2,"running":0,"paused":0,"stopped":2\}
