\Ar:t\nlonger/name:latest\n\Z
