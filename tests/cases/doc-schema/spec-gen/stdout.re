"title":"spec-gen"
