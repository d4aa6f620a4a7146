{{end}} is missing
