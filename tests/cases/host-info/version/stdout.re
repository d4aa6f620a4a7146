\Ahost-info \(rp\) \d
