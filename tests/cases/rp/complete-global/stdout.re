\Afatal\n\Z
