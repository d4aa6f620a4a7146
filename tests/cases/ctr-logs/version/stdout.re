\Actr-logs \(rp\) \d
