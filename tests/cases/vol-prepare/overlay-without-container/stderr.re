\.container\.id: is missing, and an overlay needs
