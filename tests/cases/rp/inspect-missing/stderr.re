\AError: no such object: "nope"\n\Z
