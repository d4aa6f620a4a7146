\.devices\[0\]\.major: expected number
