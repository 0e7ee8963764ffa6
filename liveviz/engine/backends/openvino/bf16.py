"""Filters for bfloat16. It keeps 8 bits, so that the sum of a filter rounded tap by tap, its gain for everything smooth, is
off by up to a percent; a StyleGAN3 has forty such filters one after the other, and the errors multiply. Here what rounding
one tap leaves over is carried to the next smaller one: every sum stays within the smallest tap's last bit."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def rounded(value: Array) -> Array:
    """The nearest bfloat16, as float32; ties to even."""
    bits = np.ascontiguousarray(value, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)).astype(np.uint32).view(np.float32)


def steady(taps: Array, phases: int = 1) -> Array:
    """Taps of a filter in bfloat16, as float32 of the same shape.

    Args:
        phases: into how many interleaved filters a filter that upsamples falls; each keeps its own sum.
    """
    flat = taps.ravel()
    found = np.empty_like(flat)
    for phase in range(phases):
        places = np.arange(phase, flat.size, phases)
        left = 0.0
        for place in places[np.argsort(-np.abs(flat[places]), kind="stable")]:
            wanted = float(flat[place]) + left
            found[place] = rounded(np.array([wanted]))[0]
            left = wanted - float(found[place])
    return found.reshape(taps.shape)
