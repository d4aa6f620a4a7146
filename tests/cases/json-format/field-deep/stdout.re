\As\n\Z
