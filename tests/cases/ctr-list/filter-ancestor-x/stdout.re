"Names":\["one"\]
"Names":\["two"\]
