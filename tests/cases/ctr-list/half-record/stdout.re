"two"
\A(?!.*"one")
