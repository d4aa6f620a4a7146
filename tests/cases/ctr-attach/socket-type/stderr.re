\.process\.attachSocket: expected string, got number
