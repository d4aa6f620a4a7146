\AError: unrecognized command `rp frobnicate`\n(.*\n)*Try 'rp help' for more information\n\Z
