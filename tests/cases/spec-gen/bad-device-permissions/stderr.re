\.request\.devices\[0\]\.permissions: 
