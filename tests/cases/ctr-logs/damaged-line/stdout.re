^end$
