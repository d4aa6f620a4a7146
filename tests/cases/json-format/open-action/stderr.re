an action without "}}"
