"""TensorRT, and TensorRT for RTX: the fastest engine on an NVIDIA GPU, from a plan that is built once for each card."""
