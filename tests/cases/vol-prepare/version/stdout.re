\Avol-prepare \(rp\) \d
