^Error: accepts 1 arg\(s\), received 0
