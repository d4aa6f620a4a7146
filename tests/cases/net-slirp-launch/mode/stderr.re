\.request\.network\.mode: \"bridge\" is not known
