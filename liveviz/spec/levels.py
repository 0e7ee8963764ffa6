"""Pictures as numbers about ±1, as generators draw them, and as bytes, as files and screens take them: -1 is 0, 1 is 255.

All that numpy turns into bytes goes through here. Compiled graphs and kernels (`engine/backends/`) have the arithmetic of
`Rounding.UP` once more in their own operations, because they leave bytes on the device; that they draw the same picture is
tested."""

import enum

import numpy as np
from numpy.typing import NDArray

_HALF = np.float32(127.5)


class Rounding(enum.Enum):
    """What becomes of a value between two bytes. The two differ for about 8 values in a million, by one. Both stay, so that
    what was made with either, frames, stills and training pictures, can be made again to the bit.

    UP: floor(127.5 x + 128), what a compiled network does in its last operation: the frames of every backend, and what is
        scored of a generator's.
    EVEN: 127.5 x + 127.5 to the nearest, halves to the even one: stills, contact sheets, and the pictures that networks
        learn from.
    """

    UP = "up"
    EVEN = "even"


def to_bytes(values: NDArray[np.floating], rounding: Rounding) -> NDArray[np.uint8]:
    """uint8 of the same shape: `values` in ±1 as 0 to 255. What lies outside becomes 0 or 255; what is no number becomes any
    byte, so who cares replaces it before."""
    with np.errstate(over="ignore", invalid="ignore"):  # a generator may draw what is no number
        half = values * _HALF
        levels = np.floor(half + np.float32(128.0)) if rounding is Rounding.UP else np.rint(half + _HALF)
        found: NDArray[np.uint8] = np.clip(levels, 0, 255).astype(np.uint8)
    return found
