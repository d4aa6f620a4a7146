\Actr-remove \(rp\) \d
