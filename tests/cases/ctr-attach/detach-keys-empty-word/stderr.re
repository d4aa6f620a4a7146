invalid detach keys "a,,b"
