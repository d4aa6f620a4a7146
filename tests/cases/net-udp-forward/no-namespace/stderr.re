\Anet-udp-forward: --netns and 1 to [0-9]+ ports are needed
