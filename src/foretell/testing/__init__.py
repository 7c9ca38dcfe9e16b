"""For people who extend foretell: fakes, and the checks that every implementation of a port must pass."""
