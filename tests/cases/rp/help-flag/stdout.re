^  run +
