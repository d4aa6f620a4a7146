invalid detach key "banana"
