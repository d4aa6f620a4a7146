^img-find: \.request\.image: 
