\.rootfs\.user\.home: 
