\Ajson-format \(rp\) \d
