\A(?!.*"localhost/one)
\A(?!.*"localhost/two)
