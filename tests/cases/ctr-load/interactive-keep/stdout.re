\A(?!.*"interactive")
