\.rootfs\.user: is missing
