^host:$
^  cgroupManager: (systemd|cgroupfs)$
^  conmon:$
^store:$
^  graphStatus:$
^registries:$
^plugins:$
^version:$
^  OsArch: linux/
