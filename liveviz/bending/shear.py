"""Shear: the top of a layer leans to the right and its bottom to the left, as italics do."""

import numpy as np
from numpy.typing import NDArray

from liveviz.bending._piece import Piece

PARAMETER = Piece(-1.0, 1.0, 0.0, "", "Lean a layer to the right (above 0) or to the left; 1 is 45 degrees")


def warp(x: NDArray[np.float32], y: NDArray[np.float32], amount: float) -> tuple[NDArray, NDArray]:
    """y points down: what is above the middle comes from further left."""
    return x + np.float32(amount) * y, y
