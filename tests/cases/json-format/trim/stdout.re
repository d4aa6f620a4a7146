\Aaoneb\n\Z
