\Anet-slirp-launch \(rp\) \d
