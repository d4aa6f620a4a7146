\Actr-create \(rp\) \d
