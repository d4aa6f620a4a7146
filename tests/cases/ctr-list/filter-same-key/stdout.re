"one"
"two"
