config\.json: \.process\.args is missing
