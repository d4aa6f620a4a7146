\Actr-list --all --filter 'name=a b' \|
	json-format
