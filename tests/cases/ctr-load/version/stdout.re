\Actr-load \(rp\) \d
