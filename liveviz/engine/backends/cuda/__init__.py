"""CUDA by PyTorch: fused kernels and one CUDA graph a frame; needs no compiling, and plays while a plan is built."""
