unknown command "fly"
