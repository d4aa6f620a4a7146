nosuch reads and writes no document
