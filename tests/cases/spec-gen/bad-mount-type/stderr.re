\.volumes\[0\]\.type: "proc" is not one of
