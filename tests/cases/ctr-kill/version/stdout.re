\Actr-kill \(rp\) \d
