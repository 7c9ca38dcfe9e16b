"""What foretell knows: words, numbers, contracts and conclusions. Nothing here does I/O."""
