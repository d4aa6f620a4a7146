\Acgroup-scope: cannot reach the bus of systemd's user manager: .*enable-linger
