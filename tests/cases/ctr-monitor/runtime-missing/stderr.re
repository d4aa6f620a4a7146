OCI runtime "no-such-runtime" is not installed
