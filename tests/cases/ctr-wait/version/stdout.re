\Actr-wait \(rp\) \d
