\AONE\n\Z
