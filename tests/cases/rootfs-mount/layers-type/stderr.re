\.rootfs\.layers\[1\]: expected string, got number
