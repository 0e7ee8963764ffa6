"""system is what the rooms need of the machine: the clock (the only reader of system time), files that appear whole, the
cache of what was compiled, threads of lower priority, what the processor has left, CUDA's driver. It knows the operating
system and nothing of images or sound; it imports `spec` alone."""
