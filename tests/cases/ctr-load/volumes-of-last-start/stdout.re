"volumes":\[\{"name":"v"
\A(?!.*"mode":"pasta")
