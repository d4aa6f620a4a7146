"name":"fromdoc"
"hostname":"hh"
