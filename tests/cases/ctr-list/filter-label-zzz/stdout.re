\A(?!.*"Names":\["one"\])
\A(?!.*"Names":\["two"\])
