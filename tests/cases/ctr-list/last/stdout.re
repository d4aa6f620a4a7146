"Names":\["two"\]
\A(?!.*"one")
