"State":"exited"
"ExitCode":7
"Status":"Exited \(7\) .* ago"
"ExitedAt":1767225601
