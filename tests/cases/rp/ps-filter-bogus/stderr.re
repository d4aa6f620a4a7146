\AError: --filter: bogus is an invalid filter
