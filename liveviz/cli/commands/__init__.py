"""One file per command: `add(parser)` declares its options, `run(args)` does its job and returns the exit code."""
