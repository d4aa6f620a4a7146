not valid JSON
