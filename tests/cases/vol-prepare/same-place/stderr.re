/t: two mounts at the same place
