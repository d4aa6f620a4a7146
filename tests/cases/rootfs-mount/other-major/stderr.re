\Arootfs-mount: \.schema: expected
