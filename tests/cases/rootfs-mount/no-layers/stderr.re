\.rootfs\.layers: the image has no layers
