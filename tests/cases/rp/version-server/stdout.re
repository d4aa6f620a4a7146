\A[0-9.]+ linux/[a-z0-9]+\n\Z
