"""bench measures: how fast the backends are (`benchmark`, `compare`), beside the least time that an image could take
(`roofline`), and everything that is owed where an NVIDIA GPU is at hand (`gpu/`, `make gpu`). Tests never assert on seconds;
figures go to BENCHMARKS.md."""
