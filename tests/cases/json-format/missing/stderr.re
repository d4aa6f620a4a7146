^json-format: nope: image not known$
