"mode":"none"
"namespace":""
"ports":\[\]
