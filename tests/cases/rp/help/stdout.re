^  run +
^  system reset +
--dry-run
