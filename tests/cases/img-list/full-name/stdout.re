"Repository":"localhost/one","Tag":"latest"
\A(?!.*"localhost/two)
