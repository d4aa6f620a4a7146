\Arp version \d
