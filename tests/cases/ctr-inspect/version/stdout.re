\Actr-inspect \(rp\) \d
