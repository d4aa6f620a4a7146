\Anet-udp-forward \(rp\) \d
