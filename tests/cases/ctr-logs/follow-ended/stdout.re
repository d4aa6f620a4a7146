^last$
