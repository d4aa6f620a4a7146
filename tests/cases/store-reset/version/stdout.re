\Astore-reset \(rp\) \d
