^Error: requires at least 1 arg\(s\), only received 0
