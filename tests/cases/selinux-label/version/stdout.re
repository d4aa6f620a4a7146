\Aselinux-label \(rp\) \d
