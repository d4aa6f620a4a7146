^Error: invalid argument "pod" for "-t, --type" flag
