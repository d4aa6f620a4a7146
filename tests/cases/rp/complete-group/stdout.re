\Als\tlist images\nlist\tlist images\n\Z
