\Aplain\n\Z
