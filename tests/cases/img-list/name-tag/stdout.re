\A(?!.*"localhost/one)
"Repository":"localhost/two","Tag":"latest"
