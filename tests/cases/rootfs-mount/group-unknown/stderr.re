unable to find group nogroup
