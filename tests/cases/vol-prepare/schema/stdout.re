json-schema.org
