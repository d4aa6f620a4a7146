\Aoneone\n\Z
