\Ans-enter-pause -- ls 'a b'
\Z
