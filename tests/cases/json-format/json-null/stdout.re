\Anull\n\Z
