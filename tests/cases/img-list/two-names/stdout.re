"one".*"two"|localhost/one.*localhost/two|localhost/two.*localhost/one
