protocol "sctp" is not tcp or udp
