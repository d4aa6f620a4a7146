"Repository":"localhost/one","Tag":"latest"
"Repository":"localhost/two","Tag":"latest"
