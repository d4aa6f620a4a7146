\Acgroup-scope \(rp\) \d
