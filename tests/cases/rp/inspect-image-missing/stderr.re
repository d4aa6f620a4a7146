\AError: nope: image not known\n\Z
