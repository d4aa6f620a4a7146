\A\[ one  \]\n\Z
