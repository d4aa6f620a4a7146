\Actr-attach \(rp\) \d
