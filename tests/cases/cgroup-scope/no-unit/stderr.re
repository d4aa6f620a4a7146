\Acgroup-scope: \.unit: 
