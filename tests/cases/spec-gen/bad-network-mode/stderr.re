\.network\.mode: "bridge" is no network mode
