\.image\.config\.Entrypoint: expected array, got string
