\.process\.user\.uid
