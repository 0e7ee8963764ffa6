"""A family to copy, to `models/<family>/`; see `family`."""
