an empty command
