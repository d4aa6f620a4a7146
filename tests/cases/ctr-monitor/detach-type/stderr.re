\.request\.detach: expected boolean, got string
