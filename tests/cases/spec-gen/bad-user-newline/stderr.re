\.image\.config\.User: 
