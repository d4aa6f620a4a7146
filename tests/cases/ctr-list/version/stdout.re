\Actr-list \(rp\) \d
