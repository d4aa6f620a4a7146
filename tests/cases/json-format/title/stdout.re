\AAb Cd\n\Z
