"Name":"one"
"Name":"two"
