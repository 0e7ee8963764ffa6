"""Translate sideways: 0.5 moves a layer half a picture to the right; what leaves is mirrored in."""

import numpy as np
from numpy.typing import NDArray

from liveviz.bending.piece import Piece

PARAMETER = Piece(-1.0, 1.0, 0.0, "widths", "Move a layer right (above 0) or left, in picture widths")


def warp(x: NDArray[np.float32], y: NDArray[np.float32], amount: float) -> tuple[NDArray, NDArray]:
    """The picture is 2 wide: a point comes from 2 * amount further left."""
    return x - np.float32(2.0 * amount), y
