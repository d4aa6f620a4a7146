^host:$
^  arch: amd64$
^  cpus: 2$
^  rootless: true$
^  ids: \[ *\]$
^  note: "a: b"$
^  empty: ""$
^  path: 
^  "no": "no"$
^  maps:\n  - size: 1\n    id: 0\n  - size: 2\n    id: 1$
^  list:\n  - a\n  - "-b"$
^  none: null$
