\.process: 
