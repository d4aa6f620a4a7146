\Anet-port-forward \(rp\) \d
