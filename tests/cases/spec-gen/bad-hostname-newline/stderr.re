\.container\.hostname: 
