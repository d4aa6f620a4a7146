\A(?!.*"Names":\["one"\])
"Names":\["two"\]
