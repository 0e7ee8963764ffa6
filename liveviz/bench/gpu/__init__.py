"""Everything that is owed where an NVIDIA GPU is at hand, in one command, `python3 -m liveviz.bench.gpu` (`make gpu`), on a
machine that may have nothing but NumPy, PyTorch and Triton. Steps in order of worth: is it right, how fast, train,
TensorRT, OpenGL. Each is guarded, so that a failure costs its own figures alone; what was found is printed as one table
and written as JSON. With `--cpu` the same code runs small on the CPU, so that it is known to work before a GPU is there.
"""
