"containerPort":80
