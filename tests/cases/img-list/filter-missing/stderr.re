nope: image not known
