"mode":"host"
"namespace":""
