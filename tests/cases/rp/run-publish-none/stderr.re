\Arp: warning: Port mappings have been discarded as one of the Host, Container, Pod, and None network modes are in use
