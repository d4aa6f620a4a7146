\Ausage: json-format
^ +-h, --help 
