"Names":\["one"\]
\A(?!.*"Names":\["two"\])
