\At\nlatest\n\Z
