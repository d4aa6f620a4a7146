\Actr-list -a --filter 'name=a b' \|
	json-format
