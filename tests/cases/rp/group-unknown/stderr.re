\AError: unrecognized command `rp image lss`
^\tls$
^Try 'rp image --help' for more information$
