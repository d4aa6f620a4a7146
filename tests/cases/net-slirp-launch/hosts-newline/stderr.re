is not one word
