\Aimg-list \(rp\) \d
