\Actr-stop \(rp\) \d
