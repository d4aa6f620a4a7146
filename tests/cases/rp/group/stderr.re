\AError: missing command 'rp image COMMAND'\n\Z
