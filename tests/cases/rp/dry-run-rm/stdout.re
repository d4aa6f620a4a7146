ctr-remove --force -- x
