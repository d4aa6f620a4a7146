^  ls  
^  inspect  
