\Aone one false\n\Z
