\Arootfs-mount \(rp\) \d
