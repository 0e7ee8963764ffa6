"""A family to copy, to `engine/<family>/`; see `family`."""
