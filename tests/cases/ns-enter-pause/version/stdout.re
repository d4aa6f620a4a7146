\Ans-enter-pause \(rp\) \d
