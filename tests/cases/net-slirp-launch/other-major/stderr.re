\Anet-slirp-launch: \.schema: expected
