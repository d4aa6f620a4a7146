\.rootfs\.user\.uid: 4294967296 is not in the range
