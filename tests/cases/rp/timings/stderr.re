^program +start +end +ms$
^ctr-list 
