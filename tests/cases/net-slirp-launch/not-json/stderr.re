\Anet-slirp-launch: standard input: not valid JSON
