the container name "one" is already in use by 1{64}\. You have to remove that container to be able to reuse that name: that name is already in use .*--replace
