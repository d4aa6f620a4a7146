\AError: no such object: "NoSuch"\n\Z
