"""Translate up and down: 0.5 moves a layer half an image down; what leaves is mirrored in."""

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._piece import Piece

PARAMETER = Piece(-1.0, 1.0, 0.0, "heights", "Move a layer down (above 0) or up, in image heights")


def warp(x: NDArray[np.float32], y: NDArray[np.float32], amount: float) -> tuple[NDArray, NDArray]:
    """The image is 2 high: a point comes from 2 * amount further up."""
    return x, y - np.float32(2.0 * amount)
