\Actr-monitor \(rp\) \d
