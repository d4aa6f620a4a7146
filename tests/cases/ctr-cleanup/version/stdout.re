\Actr-cleanup \(rp\) \d
