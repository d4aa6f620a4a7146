^program +start +end +ms$
^ctr-list 
^json-format 
