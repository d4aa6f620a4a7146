config\.json
