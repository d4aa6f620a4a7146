unknown verb
