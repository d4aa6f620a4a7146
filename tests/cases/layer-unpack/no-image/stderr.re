\.image: is missing
