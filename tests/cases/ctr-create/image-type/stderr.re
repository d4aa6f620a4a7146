\.image: expected object, got string
