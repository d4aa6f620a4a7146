\Ayesempty\n\Z
