\.image: 
