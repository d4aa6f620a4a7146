the value of "net\.ipv4\.ip_forward" has a control character
