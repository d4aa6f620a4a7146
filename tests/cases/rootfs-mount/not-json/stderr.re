\Arootfs-mount: standard input: not valid JSON
