"""Mirror: 1 shows the right half of a layer on both sides; between 0 and 1 the left half is squeezed over the
middle."""

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._piece import Piece

PARAMETER = Piece(0.0, 1.0, 0.0, "", "Mirror the right half of a layer onto the left")


def warp(x: NDArray[np.float32], y: NDArray[np.float32], amount: float) -> tuple[NDArray, NDArray]:
    """From x to |x|, the straight way."""
    share = np.float32(amount)
    return (np.float32(1.0) - share) * x + share * np.abs(x), y
