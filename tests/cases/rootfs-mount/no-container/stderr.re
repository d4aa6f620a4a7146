\.container: 
