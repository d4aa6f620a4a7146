\AError: unrecognized command `rp pss`\n\nDid you mean this\?\n\tps\n\n
